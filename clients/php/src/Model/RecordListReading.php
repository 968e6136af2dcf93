<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class RecordListReading
{
    public function __construct(
        /** @var list<Reading> */
        public readonly array $data,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            data: array_map(fn ($one) => Reading::from($one), $data['data']),
        );
    }
}
