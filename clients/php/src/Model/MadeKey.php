<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class MadeKey
{
    public function __construct(
        /** @var list<string> Networks (CIDR) that it may be used from; none for any. */
        public readonly array $allowedNetworks,
        public readonly \DateTimeImmutable $createdAt,
        /** Null for never. */
        public readonly ?\DateTimeImmutable $expiresAt,
        public readonly int $id,
        /** Keep it now: it is not shown again. */
        public readonly string $key,
        /** Up to ten seconds old. */
        public readonly ?\DateTimeImmutable $lastUsedAt,
        /** The credential that it was made with: a client id, key:<id>, session:<id>; empty for the operator's command. */
        public readonly string $madeBy,
        public readonly string $name,
        public readonly ?\DateTimeImmutable $revokedAt,
        /** @var list<string> */
        public readonly array $scopes,
        /** The user whose key it is. */
        public readonly int $userId,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            allowedNetworks: $data['allowed_networks'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            expiresAt: $data['expires_at'] === null ? null : new \DateTimeImmutable($data['expires_at']),
            id: $data['id'],
            key: $data['key'],
            lastUsedAt: $data['last_used_at'] === null ? null : new \DateTimeImmutable($data['last_used_at']),
            madeBy: $data['made_by'],
            name: $data['name'],
            revokedAt: $data['revoked_at'] === null ? null : new \DateTimeImmutable($data['revoked_at']),
            scopes: $data['scopes'],
            userId: $data['user_id'],
        );
    }
}
