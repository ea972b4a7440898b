using System.Globalization;
using EdgeRecorder.Configuration;

namespace EdgeRecorder.Panel;

/// <summary>Which lines are the panel's. A star in a name stands for the number of a channel, input or output.</summary>
internal static class PanelNames
{
    public static bool IsOne(PanelOptions o, string line)
        => line.Length > 0 && (line == o.RecordLed || line == o.FaultLed || line == o.NetworkLed || line == o.RecordButton || line == o.Ignition || line == o.PowerFail || line == o.Buzzer
            || Number(o.ChannelLeds, line) is not null || Number(o.AlarmInputs, line) is not null || Number(o.AlarmOutputs, line) is not null);

    /// <summary>The number that stands in <paramref name="line"/> where <paramref name="pattern"/> has its star; null when it is another line.</summary>
    public static int? Number(string pattern, string line)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0 || line.Length < pattern.Length || !line.StartsWith(pattern[..star], StringComparison.Ordinal) || !line.EndsWith(pattern[(star + 1)..], StringComparison.Ordinal))
            return null;
        return int.TryParse(line.AsSpan(star, line.Length - pattern.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
    }

    public static string With(string pattern, int number) => pattern.Replace("*", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
