<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Beacon
{
    public function __construct(
        /** The asset that it is fixed to; null for none. */
        public readonly ?int $assetId,
        public readonly \DateTimeImmutable $createdAt,
        public readonly int $id,
        /** As positions name it; unique in the account. */
        public readonly string $identity,
        public readonly string $kind,
        public readonly string $name,
        public readonly \DateTimeImmutable $updatedAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            id: $data['id'],
            identity: $data['identity'],
            kind: $data['kind'],
            name: $data['name'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
        );
    }
}
