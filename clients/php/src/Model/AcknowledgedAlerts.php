<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class AcknowledgedAlerts
{
    public function __construct(
        /** @var list<int> Ids of those that are acknowledged now, in order. */
        public readonly array $acknowledged,
        /** @var list<int> Ids of which there is no alert. */
        public readonly array $notFound,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            acknowledged: $data['acknowledged'],
            notFound: $data['not_found'],
        );
    }
}
