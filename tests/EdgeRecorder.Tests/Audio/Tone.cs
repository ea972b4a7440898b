namespace EdgeRecorder.Tests.Audio;

/// <summary>Finds the one tone in a signal: its frequency, and how much else there is.</summary>
internal static class Tone
{
    public const int Rate = 8000;

    public static short[] Of(double frequency, int samples, double amplitude = 12_000, double phase = 0.3)
        => [.. Enumerable.Range(0, samples).Select(i => (short)Math.Round(amplitude * Math.Sin(2 * Math.PI * frequency * i / Rate + phase)))];

    /// <summary>Least squares over every tenth of a hertz about 1 kHz; decibels of what is left over.</summary>
    public static (double Frequency, double SignalToNoise) Measure(ReadOnlySpan<short> samples)
    {
        var best = (Frequency: 0.0, Power: -1.0);
        var total = 0.0;
        foreach (var sample in samples)
            total += (double)sample * sample;
        for (var frequency = 950.0; frequency <= 1050; frequency += 0.1)
        {
            var power = PowerAt(samples, frequency);
            if (power > best.Power)
                best = (frequency, power);
        }
        return (best.Frequency, 10 * Math.Log10(best.Power / Math.Max(total - best.Power, 1e-9)));
    }

    private static double PowerAt(ReadOnlySpan<short> samples, double frequency)
    {
        double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * frequency * i / Rate);
            (ss, cc, sc) = (ss + sin * sin, cc + cos * cos, sc + sin * cos);
            (xs, xc) = (xs + samples[i] * sin, xc + samples[i] * cos);
        }
        var determinant = ss * cc - sc * sc;
        var a = (xs * cc - xc * sc) / determinant;
        var b = (xc * ss - xs * sc) / determinant;
        return a * xs + b * xc;                             // of the fitted tone
    }
}
