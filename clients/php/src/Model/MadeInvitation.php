<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class MadeInvitation
{
    public function __construct(
        public readonly string $email,
        /** Hand it to the person, if no mail server does: it is not shown again. */
        public readonly string $invitationUrl,
        public readonly string $role,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            email: $data['email'],
            invitationUrl: $data['invitation_url'],
            role: $data['role'],
        );
    }
}
