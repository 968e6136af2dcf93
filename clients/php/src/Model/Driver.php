<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Driver
{
    public function __construct(
        /** The beacon that the driver carries; null for none. */
        public readonly ?int $beaconId,
        public readonly \DateTimeImmutable $createdAt,
        /** Serial number of the driver's iButton, 48 bits in hexadecimal digits. Null for none. */
        public readonly ?string $ibutton,
        public readonly int $id,
        /** Null for none. */
        public readonly ?string $licence,
        public readonly string $name,
        /** Null for none. */
        public readonly ?string $phone,
        public readonly \DateTimeImmutable $updatedAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            beaconId: $data['beacon_id'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            ibutton: $data['ibutton'],
            id: $data['id'],
            licence: $data['licence'],
            name: $data['name'],
            phone: $data['phone'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
        );
    }
}
