<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class ProfileAccount
{
    public function __construct(
        public readonly int $id,
        /** The account key, as it stands in every path. */
        public readonly string $key,
        public readonly string $name,
        public readonly string $role,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            id: $data['id'],
            key: $data['key'],
            name: $data['name'],
            role: $data['role'],
        );
    }
}
