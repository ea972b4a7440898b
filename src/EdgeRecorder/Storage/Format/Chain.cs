using System.Security.Cryptography;

namespace EdgeRecorder.Storage.Format;

/// <summary>The evidence chain (DESIGN section 4): d per record, h over all records so far.</summary>
internal static class Chain
{
    /// <summary>h(i) = SHA-256(h(i−1) ‖ d(i)).</summary>
    public static byte[] Next(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> digest)
    {
        Span<byte> both = stackalloc byte[64];
        previous.CopyTo(both);
        digest.CopyTo(both[32..]);
        return SHA256.HashData(both);
    }

    /// <summary>d: SHA-256 of the record with its chain field zero.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[RecordHeader.Length];
        record[..RecordHeader.Length].CopyTo(head);
        head.Slice(RecordHeader.ChainOffset, RecordHeader.ChainLength).Clear();
        hash.AppendData(head);
        hash.AppendData(record[RecordHeader.Length..]);
        return hash.GetHashAndReset();
    }
}
