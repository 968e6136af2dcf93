<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TripPlace
{
    public function __construct(
        /** Degrees, WGS 84. */
        public readonly float $latitude,
        /** Degrees, WGS 84. */
        public readonly float $longitude,
        public readonly \DateTimeImmutable $time,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            latitude: (float) $data['latitude'],
            longitude: (float) $data['longitude'],
            time: new \DateTimeImmutable($data['time']),
        );
    }
}
