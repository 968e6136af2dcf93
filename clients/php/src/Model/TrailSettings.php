<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TrailSettings
{
    public function __construct(
        /** Seconds of silence after which it is disconnected. */
        public readonly int $disconnectedAfter,
        /** Faster than this, in km/h, it moves; from still_below up to this it moves slowly. */
        public readonly float $movingAbove,
        /** Seconds of silence after which it is offline. */
        public readonly int $offlineAfter,
        /** Days for which positions are kept; null for ever. */
        public readonly ?int $retentionDays,
        /** An asset slower than this, in km/h, stands still. */
        public readonly float $stillBelow,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            disconnectedAfter: $data['disconnected_after'],
            movingAbove: (float) $data['moving_above'],
            offlineAfter: $data['offline_after'],
            retentionDays: $data['retention_days'],
            stillBelow: (float) $data['still_below'],
        );
    }
}
