<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Address
{
    public function __construct(
        /** Null where the provider knows none. */
        public readonly ?string $address,
        public readonly float $latitude,
        public readonly float $longitude,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            address: $data['address'],
            latitude: (float) $data['latitude'],
            longitude: (float) $data['longitude'],
        );
    }
}
