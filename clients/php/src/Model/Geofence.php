<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Geofence
{
    public function __construct(
        public readonly bool $active,
        /** Null for all assets of the account. */
        public readonly ?Targets $appliesTo,
        /** home is where assets are in their garage; site, no_go and others are the account's own words. */
        public readonly string $category,
        public readonly \DateTimeImmutable $createdAt,
        /** Null for none. */
        public readonly ?string $description,
        /** Minutes inside after which the asset has dwelled; null for no such event. */
        public readonly ?int $dwell,
        /** @var array<string, mixed> A GeoJSON geometry (RFC 7946): Point for a circle, LineString for a corridor, Polygon or MultiPolygon. */
        public readonly array $geometry,
        public readonly int $id,
        public readonly string $name,
        /** Metres; null but for a circle. */
        public readonly ?float $radius,
        /** What the geometry makes of it. */
        public readonly string $shape,
        public readonly \DateTimeImmutable $updatedAt,
        /** Since when it is as it is. Nothing is concluded for positions before. */
        public readonly \DateTimeImmutable $validFrom,
        /** The whole width in metres; null but for a corridor. */
        public readonly ?float $width,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            active: $data['active'],
            appliesTo: $data['applies_to'] === null ? null : Targets::from($data['applies_to']),
            category: $data['category'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            description: $data['description'],
            dwell: $data['dwell'],
            geometry: $data['geometry'],
            id: $data['id'],
            name: $data['name'],
            radius: $data['radius'] === null ? null : (float) $data['radius'],
            shape: $data['shape'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
            validFrom: new \DateTimeImmutable($data['valid_from']),
            width: $data['width'] === null ? null : (float) $data['width'],
        );
    }
}
