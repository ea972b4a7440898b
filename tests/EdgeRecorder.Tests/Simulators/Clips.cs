using System.Diagnostics;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>The clips that <c>tests/data/make-clips</c> generates, made on first use.</summary>
internal static class Clips
{
    private static readonly Lazy<Task> _made = new(MakeAsync);

    /// <summary>The checkout.</summary>
    public static string Root { get; } = FindRoot();

    private static string Folder => Path.Combine(Root, "artifacts", "clips");

    /// <summary>Full path of a clip, e.g. <c>small.h264</c>; what is a path already stays as it is.</summary>
    public static async Task<string> FindAsync(string clip)
    {
        if (clip.Contains('/', StringComparison.Ordinal))
            return clip;
        await _made.Value;
        var path = Path.Combine(Folder, clip);
        return File.Exists(path) ? path : throw new FileNotFoundException("make-clips makes no such clip", path);
    }

    private static async Task MakeAsync()
    {
        using var process = Process.Start(Path.Combine(Root, "tests", "data", "make-clips"), [Folder]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"make-clips ended with {process.ExitCode}");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "EdgeRecorder.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run inside the checkout");
        return folder.FullName;
    }
}
