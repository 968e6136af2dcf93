<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Targets
{
    public function __construct(
        /** @var list<int>|null Ids of assets. */
        public readonly ?array $assets,
        /** @var list<string>|null Names of groups. */
        public readonly ?array $groups,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assets: $data['assets'] ?? null,
            groups: $data['groups'] ?? null,
        );
    }
}
