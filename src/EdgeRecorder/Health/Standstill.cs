using EdgeRecorder.Storage;

namespace EdgeRecorder.Health;

/// <summary>Work that has not moved, and for how long at least: since it was first seen.</summary>
internal readonly record struct StandingWork(string Name, TimeSpan For);

/// <summary>Compares what the writers are at with what they were at before. Idle is no standstill, however long it lasts.</summary>
internal sealed class Standstill(IEnumerable<WorkMark> marks, TimeProvider time)
{
    private readonly (WorkMark Mark, long Number, long Since)[] _seen = [.. marks.Select(mark => (mark, 0L, 0L))];
    private volatile string _says = "";

    /// <summary>How long a piece of work may take. A disk that is reset by its driver takes up to half a minute.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What has stood longer than <see cref="Patience"/>, as of the last look; empty: all get on.</summary>
    public string Says => _says;

    /// <summary>What is at the same piece of work as at the last look. For one caller, who comes again and again.</summary>
    public List<StandingWork> Look()
    {
        var now = time.GetTimestamp();
        List<StandingWork> standing = [];
        foreach (ref var seen in _seen.AsSpan())
        {
            var number = seen.Mark.Number;
            if (number != seen.Number)
                (seen.Number, seen.Since) = (number, now);
            else if (WorkMark.IsAtWork(number))
                standing.Add(new(seen.Mark.Name, time.GetElapsedTime(seen.Since, now)));
        }
        _says = Describe(standing.Where(work => work.For >= Patience));
        return standing;
    }

    public static string Describe(IEnumerable<StandingWork> standing)
        => string.Join(", ", standing.Select(work => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{work.Name} has stood for {work.For.TotalSeconds:0} s")));
}
