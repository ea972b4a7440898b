using EdgeRecorder.Hosting;

// The table of contents: which command runs what, and what the daemon is made of.
return await CommandLine.RunAsync(args, new Commands
{
    Serve = options => Daemon.ServeAsync(options, EmptyEngine.AddTo),
    CheckConfig = ConfigCheck.Run,
    Probe = (_, _, errors) => NotHere(errors, "probe"),
    Fsck = (_, _, errors) => NotHere(errors, "fsck").Result,
}, Console.Out, Console.Error);

static Task<int> NotHere(TextWriter errors, string command)
{
    errors.WriteLine($"{command}: not available in this version");
    return Task.FromResult(CommandLine.Fault);
}
