using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Cairo;

/// <summary>cairo and pango of the system, which lay out and draw text and write PDF: whether they are there.</summary>
public static class CairoLibraries
{
    private static readonly Lazy<string?> Missing = new(() =>
        new[] { LibCairo.Cairo, LibCairo.Pango, LibCairo.PangoCairo, LibCairo.GObject }.FirstOrDefault(name => !NativeLibrary.TryLoad(name, out _)));

    /// <summary>Null when all of them are there; otherwise what is missing, for people.</summary>
    public static string? WhyNot => Missing.Value is { } name ? $"cairo and pango are not installed: {name} is missing (Debian: libcairo2 libpangocairo-1.0-0)" : null;
}

/// <summary>cairo said no.</summary>
public sealed class CairoException(string operation, int status) : Exception($"{operation}: {Marshal.PtrToStringUTF8(LibCairo.cairo_status_to_string(status))} ({status})")
{
    public string Operation => operation;
    public int Status => status;

    internal const int WriteError = 11;                     // CAIRO_STATUS_WRITE_ERROR: the disk, mostly

    public bool IsWriteError => status == WriteError;

    internal static void Check(int status, string operation)
    {
        if (status != LibCairo.CAIRO_STATUS_SUCCESS)
            throw new CairoException(operation, status);
    }
}
