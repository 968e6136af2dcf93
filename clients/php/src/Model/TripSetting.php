<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TripSetting
{
    public function __construct(
        /** Seconds: hearing nothing this long ends a trip. */
        public readonly int $gapAfter,
        /** km/h, from which on an asset moves. */
        public readonly float $movingSpeed,
        /** Metres, within which an asset is standing. */
        public readonly float $stayRadius,
        /** Seconds: standing this long ends a trip. */
        public readonly int $stopAfter,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            gapAfter: $data['gap_after'],
            movingSpeed: (float) $data['moving_speed'],
            stayRadius: (float) $data['stay_radius'],
            stopAfter: $data['stop_after'],
        );
    }
}
