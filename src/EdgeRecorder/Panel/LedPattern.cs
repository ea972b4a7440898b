namespace EdgeRecorder.Panel;

/// <summary>What a light does, over and over: steps of lit or dark, milliseconds each. One step lasts for ever.</summary>
internal sealed record LedPattern(string Name, params (bool Lit, int Ms)[] Steps)
{
    public static readonly LedPattern
        Off = new("off", (false, 0)),
        On = new("on", (true, 0)),
        SlowBlink = new("slow-blink", (true, 1000), (false, 1000)),
        Blink = new("blink", (true, 500), (false, 500)),
        FastBlink = new("fast-blink", (true, 125), (false, 125)),
        DarkPulse = new("dark-pulse", (true, 1850), (false, 150));

    /// <summary>Once: so many flashes, each between two dark pauses, so that they show on a light that is on as on one that is off.</summary>
    public static LedPattern Flashes(int count)
        => new($"flash-{count}", [(false, 150), .. Enumerable.Range(0, count).SelectMany(_ => new[] { (true, 150), (false, 150) })]);
}
