namespace EdgeRecorder.Recording;

/// <summary>
/// How long to wait before a source is tried again: 0.5 s, doubling to 10 s, each a quarter shorter or longer by chance, so that cameras behind a
/// switch that came back are not all asked at once. Starts over once media has flowed for <see cref="Stable"/>.
/// </summary>
internal sealed class Backoff(TimeProvider time, Random chance)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    private int _failures;
    private long? _mediaSince;

    /// <summary>Media flows. Only the first call after <see cref="Next"/> counts.</summary>
    public void Flows() => _mediaSince ??= time.GetTimestamp();

    public TimeSpan Next()
    {
        if (_mediaSince is { } since && time.GetElapsedTime(since) >= Stable)
            _failures = 0;
        _mediaSince = null;
        var wait = Shortest * (1 << Math.Min(_failures++, 5));
        return (wait < Longest ? wait : Longest) * (0.75 + chance.NextDouble() / 2);
    }
}
