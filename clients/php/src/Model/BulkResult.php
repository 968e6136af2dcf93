<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class BulkResult
{
    public function __construct(
        /** @var list<RowResult> One for each row, in their order. */
        public readonly array $data,
        public readonly FleetCount $meta,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            data: array_map(fn ($one) => RowResult::from($one), $data['data']),
            meta: FleetCount::from($data['meta']),
        );
    }
}
