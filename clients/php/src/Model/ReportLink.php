<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class ReportLink
{
    public function __construct(
        public readonly \DateTimeImmutable $expiresAt,
        public readonly string $url,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            expiresAt: new \DateTimeImmutable($data['expires_at']),
            url: $data['url'],
        );
    }
}
