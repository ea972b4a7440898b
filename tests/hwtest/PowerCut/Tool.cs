using System.Diagnostics;

namespace EdgeRecorder.PowerCut;

/// <summary>Programs of the system.</summary>
internal static class Tool
{
    /// <summary>What it wrote to its error output; null: it ended with 0 and, where asked for, without a word.</summary>
    public static string? Run(string program, bool silent, params IEnumerable<string> arguments) => RunOn(null, program, silent, arguments, out _);

    /// <summary>The same with another search path.</summary>
    public static string? RunOn(string? path, string program, bool silent, IEnumerable<string> arguments, out string output)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (path is not null)
            start.Environment["PATH"] = path;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var written = process.StandardOutput.ReadToEndAsync();
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        output = written.GetAwaiter().GetResult().Trim();
        return process.ExitCode == 0 && (!silent || said.Length == 0) ? null : $"{program} ended with {process.ExitCode}: {said.Trim()}";
    }

    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Must(string program, params IEnumerable<string> arguments)
        => RunOn(null, program, silent: false, arguments, out var output) is { } wrong ? throw new InvalidOperationException(wrong) : output;
}

/// <summary>A file with a disk in it, its file system mounted as a box does: what its journal holds is put in place.</summary>
internal sealed class Mounted : IDisposable
{
    private readonly string _folder;

    /// <exception cref="InvalidOperationException">It cannot be mounted.</exception>
    public Mounted(string disk, long offset, string options, string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        Tool.Must("mount", "-t", "ext4", "-o", $"loop,offset={offset},{options}", disk, folder);
    }

    public void Dispose() => Tool.Must("umount", _folder);
}
