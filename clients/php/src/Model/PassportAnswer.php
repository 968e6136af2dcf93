<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class PassportAnswer
{
    public function __construct(
        /** The key. Keep it now: it is not shown again. */
        public readonly string $accessToken,
        public readonly PassportToken $token,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            accessToken: $data['accessToken'],
            token: PassportToken::from($data['token']),
        );
    }
}
