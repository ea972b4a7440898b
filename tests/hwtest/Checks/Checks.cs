using System.Globalization;

namespace EdgeRecorder.HardwareChecks;

/// <summary>Runs checks and tells what came of each.</summary>
internal sealed class Checks
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public int Failed { get; private set; }

    public void Run(string sentence, Action check)
    {
        try
        {
            check();
            Console.WriteLine($"ok    {sentence}");
        }
        catch (Exception e)
        {
            Failed++;
            Console.WriteLine($"FAIL  {sentence}: {e.GetType().Name}: {e.Message}");
        }
    }

    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{what}: {actual} instead of {expected}"));
    }

    public static void True(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }

    public static void Until(Func<bool> condition, string what)
    {
        if (!SpinWait.SpinUntil(condition, Patience))
            throw new TimeoutException(what);
    }
}
