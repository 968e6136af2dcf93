<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class SecretRecord
{
    public function __construct(
        public readonly \DateTimeImmutable $createdAt,
        public readonly int $id,
        /** When it last got a token; up to ten seconds old. */
        public readonly ?\DateTimeImmutable $lastUsedAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            createdAt: new \DateTimeImmutable($data['created_at']),
            id: $data['id'],
            lastUsedAt: $data['last_used_at'] === null ? null : new \DateTimeImmutable($data['last_used_at']),
        );
    }
}
