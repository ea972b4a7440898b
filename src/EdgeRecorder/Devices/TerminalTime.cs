using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices;

/// <summary>
/// What a terminal's times mean. The standard says GMT+8; some send UTC, so the difference to the box's clock is rounded to a quarter of an hour, and eight hours
/// are taken for UTC (seen on a terminal that reported 06:12:36 when it was 14:12:37 in China). The owner can say it instead.
/// </summary>
internal sealed class TerminalTime
{
    private const long RoundUs = 15L * 60 * 1_000_000;

    private bool _sendsUtc;
    private long? _offUs;                                   // of the newest live report against arrival

    /// <summary>Its clock agrees with ours within half a minute, so a report that is late was stored meanwhile.</summary>
    private const long InStepUs = 30_000_000, LateUs = 90_000_000;

    public bool SendsUtc(DeviceClock setting) => setting == DeviceClock.Utc || setting == DeviceClock.Auto && _sendsUtc;

    /// <summary>Unix time in microseconds of what a report says.</summary>
    public long ToUtcUs(DateTime sent, DeviceClock setting)
    {
        var utc = SendsUtc(setting) ? new DateTimeOffset(DateTime.SpecifyKind(sent, DateTimeKind.Unspecified), TimeSpan.Zero) : WireTime.ToUtc(sent);
        return utc.ToUnixTimeMilliseconds() * 1000;
    }

    /// <summary>A time as this terminal writes it.</summary>
    public DateTime ToWire(DateTimeOffset utc, DeviceClock setting) => SendsUtc(setting) ? utc.UtcDateTime : WireTime.FromUtc(utc);

    public DateTimeOffset FromWire(DateTime sent, DeviceClock setting) => DateTimeOffset.FromUnixTimeMilliseconds(ToUtcUs(sent, setting) / 1000);

    /// <summary>Learns from a report that says it is live.</summary>
    /// <param name="trusted">The box knows the time.</param>
    /// <returns>False when it is live in name only: the terminal's clock is in step with ours, and this was measured long before it came.</returns>
    public bool Observe(DateTime sent, long arrivalUtcUs, bool trusted, DeviceClock setting)
    {
        if (!trusted)
            return true;
        var apart = Rounded(arrivalUtcUs - WireTime.ToUtc(sent).ToUnixTimeMilliseconds() * 1000);
        if (apart == 0 || apart == (long)WireTime.Offset.TotalMicroseconds)
            _sendsUtc = apart != 0;                         // anything else is a clock that is wrong, and says nothing of zones
        var offUs = arrivalUtcUs - ToUtcUs(sent, setting);
        if (offUs > LateUs && _offUs is { } before && Math.Abs(before) < InStepUs)
            return false;
        _offUs = offUs;
        return true;
    }

    private static long Rounded(long us) => (long)Math.Round((double)us / RoundUs) * RoundUs;
}
