<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Presence
{
    public function __construct(
        public readonly int $assetId,
        public readonly string $assetName,
        /** When it entered; or since when the geofence is as it is, if the asset was there already. */
        public readonly \DateTimeImmutable $since,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            assetName: $data['asset_name'],
            since: new \DateTimeImmutable($data['since']),
        );
    }
}
