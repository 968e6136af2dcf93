<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class LiveSettings
{
    public function __construct(
        /** slim: at most one position per asset each 25 seconds, the newest. detailed: all of them with their sensors, and alerts. */
        public readonly string $tier,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            tier: $data['tier'],
        );
    }
}
