using System.Diagnostics;
using System.Globalization;

namespace EdgeRecorder.HardwareChecks;

/// <summary>A figure and no check: how long a recorder takes from the button, which acts when it is let go, to its light. 20 ms of it are the kernel's debounce. The button is active-low, the light dark.</summary>
internal static class PressToLight
{
    private const int Presses = 5;
    private static readonly TimeSpan Hand = TimeSpan.FromMilliseconds(200), DarkPhase = TimeSpan.FromMilliseconds(1000);

    public static int Measure(int button, int light)
    {
        List<double> ms = [];
        for (var i = 0; i < Presses; i++)
        {
            var clock = Press(button);
            Checks.Until(() => SimulatedLine.Value(light) == "1", "the light");
            ms.Add(clock.Elapsed.TotalMilliseconds);
            // And off again: a light that blinks is dark for a second at most.
            Press(button);
            var dark = Stopwatch.StartNew();
            Checks.Until(() =>
            {
                if (SimulatedLine.Value(light) == "1")
                    dark.Restart();
                return dark.Elapsed > 1.3 * DarkPhase;
            }, "the light goes out");
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"      (emulated: {string.Join(' ', ms.Select(one => one.ToString("0", CultureInfo.InvariantCulture)))} ms from the button to the light)"));
        return 0;
    }

    private static Stopwatch Press(int button)
    {
        SimulatedLine.Pull(button, up: false);
        Thread.Sleep(Hand);                                 // a hand's time, not a wait for something
        SimulatedLine.Pull(button, up: true);
        return Stopwatch.StartNew();
    }
}
