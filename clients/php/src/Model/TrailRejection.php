<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TrailRejection
{
    public function __construct(
        /** Which one, from 0. */
        public readonly int $index,
        /** Why. */
        public readonly string $message,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            index: $data['index'],
            message: $data['message'],
        );
    }
}
