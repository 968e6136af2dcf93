<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class FullDelivery
{
    public function __construct(
        /** The asset that it happened to; null for none. */
        public readonly ?int $assetId,
        /** The last attempt; null for none yet. */
        public readonly ?\DateTimeImmutable $attemptedAt,
        public readonly int $attempts,
        public readonly \DateTimeImmutable $createdAt,
        /** Milliseconds that the last attempt took; null for none yet. */
        public readonly ?int $durationMs,
        /** What was wrong with the last attempt: status, redirect, gone, timeout, name, forbidden_address, tls, connection; or disabled, if it was given up as the webhook was turned off. Null for nothing. */
        public readonly ?string $error,
        public readonly string $eventType,
        public readonly int $id,
        /** The webhook-id header, the same at every attempt. */
        public readonly string $messageId,
        /** The next attempt; while one is under way, when it is made again if it is lost. Null for none. */
        public readonly ?\DateTimeImmutable $nextAttemptAt,
        /** The body as it is sent. */
        public readonly mixed $payload,
        /** Up to the first 1,024 bytes of what was answered; null for nothing. */
        public readonly ?string $responseBody,
        /** HTTP status of the last attempt's answer; null for no answer. */
        public readonly ?int $responseStatus,
        public readonly string $status,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            attemptedAt: $data['attempted_at'] === null ? null : new \DateTimeImmutable($data['attempted_at']),
            attempts: $data['attempts'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            durationMs: $data['duration_ms'],
            error: $data['error'],
            eventType: $data['event_type'],
            id: $data['id'],
            messageId: $data['message_id'],
            nextAttemptAt: $data['next_attempt_at'] === null ? null : new \DateTimeImmutable($data['next_attempt_at']),
            payload: $data['payload'],
            responseBody: $data['response_body'],
            responseStatus: $data['response_status'],
            status: $data['status'],
        );
    }
}
