<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class QuarantinedPosition
{
    public function __construct(
        public readonly int $assetId,
        public readonly int $id,
        /** What the sender was told. */
        public readonly string $message,
        /** @var array<string, mixed> The position as it came, in the shape of a position. */
        public readonly array $position,
        /** What can't be true: its time, its place, its speed or another value. */
        public readonly string $reason,
        /** When it came. */
        public readonly \DateTimeImmutable $receivedAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            id: $data['id'],
            message: $data['message'],
            position: $data['position'],
            reason: $data['reason'],
            receivedAt: new \DateTimeImmutable($data['received_at']),
        );
    }
}
