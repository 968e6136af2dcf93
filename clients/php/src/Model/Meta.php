<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Meta
{
    public function __construct(
        public readonly int $currentPage,
        public readonly ?int $from,
        public readonly int $lastPage,
        public readonly int $perPage,
        public readonly ?int $to,
        public readonly int $total,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            currentPage: $data['current_page'],
            from: $data['from'],
            lastPage: $data['last_page'],
            perPage: $data['per_page'],
            to: $data['to'],
            total: $data['total'],
        );
    }
}
