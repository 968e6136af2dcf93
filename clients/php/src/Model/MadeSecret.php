<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class MadeSecret
{
    public function __construct(
        public readonly string $clientId,
        /** Keep it now: it is not shown again. */
        public readonly string $clientSecret,
        public readonly int $id,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            clientId: $data['client_id'],
            clientSecret: $data['client_secret'],
            id: $data['id'],
        );
    }
}
