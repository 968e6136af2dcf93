<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class PassportToken
{
    public function __construct(
        /** Always null: an API key belongs to no client. */
        public readonly ?string $clientId,
        public readonly \DateTimeImmutable $createdAt,
        public readonly ?\DateTimeImmutable $expiresAt,
        public readonly string $id,
        public readonly string $name,
        public readonly bool $revoked,
        /** @var list<string> */
        public readonly array $scopes,
        public readonly \DateTimeImmutable $updatedAt,
        public readonly int $userId,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            clientId: $data['client_id'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            expiresAt: $data['expires_at'] === null ? null : new \DateTimeImmutable($data['expires_at']),
            id: $data['id'],
            name: $data['name'],
            revoked: $data['revoked'],
            scopes: $data['scopes'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
            userId: $data['user_id'],
        );
    }
}
