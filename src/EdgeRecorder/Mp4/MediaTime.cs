namespace EdgeRecorder.Mp4;

/// <summary>Between 90 kHz, in which a channel's media time is kept, and a track's own time scale.</summary>
internal static class MediaTime
{
    /// <summary>Rounds down, so that nothing that began at 0 comes to lie before it.</summary>
    public static long To(long time90k, int timeScale) => timeScale == 90_000 ? time90k : Scale(time90k, timeScale, 90_000, up: false);

    /// <summary>Rounds up.</summary>
    public static long ToUp(long time90k, int timeScale) => timeScale == 90_000 ? time90k : Scale(time90k, timeScale, 90_000, up: true);

    /// <summary>Rounds down.</summary>
    public static long From(long time, int timeScale) => timeScale == 90_000 ? time : Scale(time, 90_000, timeScale, up: false);

    /// <summary>Rounds up: where a track ends, for what must not begin earlier.</summary>
    public static long FromUp(long time, int timeScale) => timeScale == 90_000 ? time : Scale(time, 90_000, timeScale, up: true);

    /// <summary>
    /// What begins at <paramref name="start90k"/> goes on where something ended: no step but what clocks round away (10 ms, less than a frame; seams are exact), or an
    /// overlap because sound came before its picture and made the end later than the next picture begins.
    /// </summary>
    public static bool RunsOn(long end90k, long start90k) => start90k - end90k is <= 900 and > -90_000;

    /// <summary>90 kHz to microseconds.</summary>
    public static long ToUs(long time90k) => Scale(time90k, 100, 9, up: false);

    // Whole parts first: the product of a long time and a rate would not fit 64 bits.
    private static long Scale(long value, long numerator, long denominator, bool up)
    {
        var (whole, rest) = (Math.DivRem(value, denominator).Quotient, value % denominator);
        if (rest < 0)
            (whole, rest) = (whole - 1, rest + denominator);
        var product = rest * numerator;
        return whole * numerator + (up ? (product + denominator - 1) / denominator : product / denominator);
    }
}
