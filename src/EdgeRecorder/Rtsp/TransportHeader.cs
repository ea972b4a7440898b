using System.Globalization;

namespace EdgeRecorder.Rtsp;

/// <summary>What we use of a Transport header in a SETUP response (RFC 2326, 12.39).</summary>
/// <param name="Interleaved">Data and control channel; null when none is given.</param>
/// <param name="ServerPort">Data and control port; null when none is given.</param>
internal readonly record struct TransportHeader(bool IsTcp, (byte Data, byte Control)? Interleaved, (int Data, int Control)? ServerPort)
{
    public static TransportHeader Parse(string? header)
    {
        var parts = (header ?? "").Split(',')[0].Split(';', StringSplitOptions.TrimEntries);
        (byte, byte)? interleaved = null;
        (int, int)? serverPort = null;
        foreach (var part in parts)
            if (Pair(part, "interleaved=") is { First: <= 255, Second: <= 255 } channels)
                interleaved = ((byte)channels.First, (byte)channels.Second);
            else if (Pair(part, "server_port=") is { First: > 0 and <= 65535, Second: <= 65535 } ports)
                serverPort = ports;
        return new(parts[0].EndsWith("/TCP", StringComparison.OrdinalIgnoreCase) || interleaved is not null, interleaved, serverPort);
    }

    private static (int First, int Second)? Pair(string part, string name)
    {
        if (!part.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            return null;
        var numbers = part[name.Length..].Split('-');
        if (!int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            return null;
        return (first, numbers.Length > 1 && int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? second : first + 1);
    }
}
