<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class FleetCount
{
    public function __construct(
        public readonly int $created,
        public readonly int $rejected,
        public readonly int $unchanged,
        public readonly int $updated,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            created: $data['created'],
            rejected: $data['rejected'],
            unchanged: $data['unchanged'],
            updated: $data['updated'],
        );
    }
}
