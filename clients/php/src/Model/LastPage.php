<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class LastPage
{
    public function __construct(
        /** @var list<LastRecord> */
        public readonly array $data,
        public readonly LastMeta $meta,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            data: array_map(fn ($one) => LastRecord::from($one), $data['data']),
            meta: LastMeta::from($data['meta']),
        );
    }
}
