<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class ClientRecord
{
    public function __construct(
        /** @var list<string> Networks (CIDR) that it may be used from; none for any. */
        public readonly array $allowedNetworks,
        public readonly string $clientId,
        public readonly \DateTimeImmutable $createdAt,
        public readonly bool $disabled,
        /** Null for never. */
        public readonly ?\DateTimeImmutable $expiresAt,
        /** @var list<string> */
        public readonly array $grantTypes,
        /** Up to ten seconds old. */
        public readonly ?\DateTimeImmutable $lastUsedAt,
        /** The credential that it was made with: a client id, key:<id>, session:<id>; empty for the operator's command. */
        public readonly string $madeBy,
        public readonly string $name,
        /** The user in whose name it acts. */
        public readonly int $ownerId,
        /** @var list<string> */
        public readonly array $scopes,
        /** @var list<SecretRecord> */
        public readonly array $secrets,
        /** Seconds that its access tokens live; null for the server's setting. */
        public readonly ?int $tokenLifetime,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            allowedNetworks: $data['allowed_networks'],
            clientId: $data['client_id'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            disabled: $data['disabled'],
            expiresAt: $data['expires_at'] === null ? null : new \DateTimeImmutable($data['expires_at']),
            grantTypes: $data['grant_types'],
            lastUsedAt: $data['last_used_at'] === null ? null : new \DateTimeImmutable($data['last_used_at']),
            madeBy: $data['made_by'],
            name: $data['name'],
            ownerId: $data['owner_id'],
            scopes: $data['scopes'],
            secrets: array_map(fn ($one) => SecretRecord::from($one), $data['secrets']),
            tokenLifetime: $data['token_lifetime'],
        );
    }
}
