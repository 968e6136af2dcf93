<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Group
{
    public function __construct(
        /** How many assets are in it. */
        public readonly int $assets,
        public readonly \DateTimeImmutable $createdAt,
        public readonly int $id,
        public readonly string $name,
        public readonly \DateTimeImmutable $updatedAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assets: $data['assets'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            id: $data['id'],
            name: $data['name'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
        );
    }
}
