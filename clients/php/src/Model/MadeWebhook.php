<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class MadeWebhook
{
    public function __construct(
        public readonly \DateTimeImmutable $createdAt,
        public readonly string $description,
        /** Why the server turned it off: gone (its server answered 410) or failing (nothing came through for days); null otherwise. */
        public readonly ?string $disabledReason,
        public readonly bool $enabled,
        /** @var list<string> */
        public readonly array $eventTypes,
        /** The first failed attempt since the last that came through; null if that one was the last. */
        public readonly ?\DateTimeImmutable $failingSince,
        public readonly int $id,
        /** Until when the secret before this one signs too; null if none does. */
        public readonly ?\DateTimeImmutable $oldSecretUntil,
        /** Keep it now: it is not shown again. */
        public readonly string $secret,
        public readonly \DateTimeImmutable $updatedAt,
        public readonly string $url,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            createdAt: new \DateTimeImmutable($data['created_at']),
            description: $data['description'],
            disabledReason: $data['disabled_reason'],
            enabled: $data['enabled'],
            eventTypes: $data['event_types'],
            failingSince: $data['failing_since'] === null ? null : new \DateTimeImmutable($data['failing_since']),
            id: $data['id'],
            oldSecretUntil: $data['old_secret_until'] === null ? null : new \DateTimeImmutable($data['old_secret_until']),
            secret: $data['secret'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
            url: $data['url'],
        );
    }
}
