<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TrailResult
{
    public function __construct(
        /** Stored, for good. */
        public readonly int $accepted,
        /** Of a time at which the asset has a position already; nothing was changed. */
        public readonly int $duplicates,
        /** @var list<TrailRejection> Not stored, in order of index. */
        public readonly array $rejected,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            accepted: $data['accepted'],
            duplicates: $data['duplicates'],
            rejected: array_map(fn ($one) => TrailRejection::from($one), $data['rejected']),
        );
    }
}
