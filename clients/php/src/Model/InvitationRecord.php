<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class InvitationRecord
{
    public function __construct(
        public readonly \DateTimeImmutable $createdAt,
        public readonly string $email,
        public readonly \DateTimeImmutable $expiresAt,
        public readonly int $id,
        /** The part of the account's assets that the member will see; null for all. */
        public readonly ?PartBody $limitedTo,
        public readonly string $name,
        public readonly string $role,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            createdAt: new \DateTimeImmutable($data['created_at']),
            email: $data['email'],
            expiresAt: new \DateTimeImmutable($data['expires_at']),
            id: $data['id'],
            limitedTo: $data['limited_to'] === null ? null : PartBody::from($data['limited_to']),
            name: $data['name'],
            role: $data['role'],
        );
    }
}
