<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class TrackingLink
{
    public function __construct(
        /** Whether it asks for a PIN. */
        public readonly string $access,
        /** @var list<int> */
        public readonly array $assetIds,
        public readonly \DateTimeImmutable $createdAt,
        /** The user's id. */
        public readonly ?int $createdBy,
        /** Left out unless the link shows an arrival. */
        public readonly ?Destination $destination,
        public readonly \DateTimeImmutable $from,
        public readonly int $id,
        public readonly string $name,
        public readonly ?\DateTimeImmutable $revokedAt,
        public readonly string $show,
        /** pending before from. A link whose assets are all deleted is revoked. */
        public readonly string $status,
        public readonly \DateTimeImmutable $until,
        public readonly \DateTimeImmutable $updatedAt,
        /** Where the public follows it; null for who is no manager or admin. */
        public readonly ?string $url,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            access: $data['access'],
            assetIds: $data['asset_ids'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            createdBy: $data['created_by'],
            destination: isset($data['destination']) ? Destination::from($data['destination']) : null,
            from: new \DateTimeImmutable($data['from']),
            id: $data['id'],
            name: $data['name'],
            revokedAt: $data['revoked_at'] === null ? null : new \DateTimeImmutable($data['revoked_at']),
            show: $data['show'],
            status: $data['status'],
            until: new \DateTimeImmutable($data['until']),
            updatedAt: new \DateTimeImmutable($data['updated_at']),
            url: $data['url'],
        );
    }
}
