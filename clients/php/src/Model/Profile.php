<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Profile
{
    public function __construct(
        /** @var list<ProfileAccount> */
        public readonly array $accounts,
        public readonly string $email,
        public readonly int $id,
        public readonly string $name,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            accounts: array_map(fn ($one) => ProfileAccount::from($one), $data['accounts']),
            email: $data['email'],
            id: $data['id'],
            name: $data['name'],
        );
    }
}
