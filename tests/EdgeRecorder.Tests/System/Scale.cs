namespace EdgeRecorder.Tests.SystemTests;

/// <summary>How much the tests do: a short run by default, the full counts with SCALE=full.</summary>
internal static class Scale
{
    public static bool IsFull => Environment.GetEnvironmentVariable("SCALE") == "full";

    public static T Of<T>(T shortRun, T full) => IsFull ? full : shortRun;

    /// <summary>True: run what needs root. Without root the test has nothing to do here; on a build server that is a failure.</summary>
    public static bool NeedsRoot(string what)
    {
        if (Environment.UserName == "root")
            return true;
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"{what} needs root, and CI=true allows no skipping");
        return false;
    }
}

/// <summary>Daemons load the machine: one test of each of these at a time, so that four daemons run at once and no more. The rows take about as long: a new class goes into the shortest, but one that needs the published program into the third, which waits for it.</summary>
[CollectionDefinition(Name)]
public sealed class FirstDaemon
{
    public const string Name = "first daemon";
}

[CollectionDefinition(Name)]
public sealed class SecondDaemon
{
    public const string Name = "second daemon";
}

[CollectionDefinition(Name)]
public sealed class ThirdDaemon
{
    public const string Name = "third daemon";
}

[CollectionDefinition(Name)]
public sealed class FourthDaemon
{
    public const string Name = "fourth daemon";
}
