using System.Globalization;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Api.Axxon;

/// <summary>A VIDEOSOURCEID: <c>SERVER/DeviceIpint.N/SourceEndpoint.video:0:0</c>; N is the channel's number, video:0:1 its sub stream.</summary>
internal readonly record struct AxxonSource(ChannelDefinition Channel, StreamKey Stream)
{
    private const string Device = "DeviceIpint.", Main = "SourceEndpoint.video:0:0", Sub = "SourceEndpoint.video:0:1";

    /// <summary>Null and the source, or what is wrong with it.</summary>
    /// <param name="server">The only name that is taken; null: any.</param>
    public static string? Read(ReadOnlySpan<string> components, ChannelCatalog catalog, string? server, out AxxonSource source)
    {
        source = default;
        if (server is not null && components[0] != server)
            return $"VIDEOSOURCEID: this is {server}, not {components[0]}";
        if (!components[1].StartsWith(Device, StringComparison.Ordinal) || !int.TryParse(components[1].AsSpan(Device.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || catalog.Find(number) is not { } channel)
            return $"VIDEOSOURCEID: no channel {components[1]}";
        if (components[2] is not (Main or Sub))
            return $"VIDEOSOURCEID: {components[2]} is neither {Main} nor {Sub}";
        source = new AxxonSource(channel, new StreamKey(number, components[2] == Sub ? (byte)1 : (byte)0));
        return null;
    }
}

/// <summary>The family's times: <c>YYYYMMDDTHHMMSS</c> with up to six digits of a fraction, UTC; `past` and `future` for an open end. Unix microseconds.</summary>
internal static class AxxonTime
{
    public const long Past = long.MinValue, Future = long.MaxValue;

    public static long? Read(string text)
    {
        if (text is "past" or "future")
            return text == "past" ? Past : Future;
        var plain = text.AsSpan();
        if (plain.Length > 0 && plain[^1] == 'Z')
            plain = plain[..^1];
        var microseconds = 0L;
        if (plain.IndexOf('.') is var point and >= 0)
        {
            var fraction = plain[(point + 1)..];
            if (fraction.Length is 0 or > 6 || !long.TryParse(fraction, NumberStyles.None, CultureInfo.InvariantCulture, out microseconds))
                return null;
            for (var digits = fraction.Length; digits < 6; digits++)
                microseconds *= 10;
            plain = plain[..point];
        }
        return DateTimeOffset.TryParseExact(plain, "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? UtcTime.Us(time) + microseconds : null;
    }
}
