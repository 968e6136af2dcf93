<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class MemberRecord
{
    public function __construct(
        public readonly string $email,
        /** The user's id. */
        public readonly int $id,
        /** The part of the account's assets that the member sees; null for all. */
        public readonly ?PartBody $limitedTo,
        public readonly string $name,
        public readonly string $role,
        public readonly \DateTimeImmutable $since,
        /** Whether the person is suspended in every account. */
        public readonly bool $suspended,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            email: $data['email'],
            id: $data['id'],
            limitedTo: $data['limited_to'] === null ? null : PartBody::from($data['limited_to']),
            name: $data['name'],
            role: $data['role'],
            since: new \DateTimeImmutable($data['since']),
            suspended: $data['suspended'],
        );
    }
}
