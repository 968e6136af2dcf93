<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TripPlace
{
    public function __construct(
        /** In lists, where the installation has a provider of addresses: what it said, or null until it was asked, which listing the trip brings about. Else null. */
        public readonly ?string $address,
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
            address: $data['address'],
            latitude: (float) $data['latitude'],
            longitude: (float) $data['longitude'],
            time: new \DateTimeImmutable($data['time']),
        );
    }
}
