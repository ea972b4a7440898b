using System.Globalization;

namespace EdgeRecorder.Cascade;

/// <summary>
/// The codes under which platforms above see our channels (GB/T 28181-2022, annex E): the device's first ten digits, 132 for a network camera, its network digit, and the number that the ledger
/// gave the channel. That number is never used again, so a code always means the same camera, and none has to be configured or kept.
/// </summary>
internal static class ChannelCodes
{
    private const int DomainLength = 10, NetworkAt = 13, NumberAt = 14, Length = 20;
    private const string NetworkCamera = "132";

    public static string Of(string deviceId, int number) => string.Create(CultureInfo.InvariantCulture, $"{deviceId[..DomainLength]}{NetworkCamera}{deviceId[NetworkAt]}{number:D6}");

    /// <summary>Null: it is none of ours.</summary>
    public static int? NumberOf(string deviceId, string code)
        => code.Length == Length && code.StartsWith(deviceId[..DomainLength], StringComparison.Ordinal) && code.AsSpan(DomainLength).StartsWith(NetworkCamera) && code[NetworkAt] == deviceId[NetworkAt]
            && int.TryParse(code.AsSpan(NumberAt), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
