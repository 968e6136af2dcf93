<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Links
{
    public function __construct(
        public readonly string $first,
        public readonly string $last,
        public readonly ?string $next,
        public readonly ?string $prev,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            first: $data['first'],
            last: $data['last'],
            next: $data['next'],
            prev: $data['prev'],
        );
    }
}
