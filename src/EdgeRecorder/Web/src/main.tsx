import { render } from 'preact';
import { follow } from './api/box';
import { App } from './app';
import './style/page.css';

const page = document.getElementById('page');
if (!page)
    throw new Error('index.html has no place for the page');
follow();
render(<App />, page);
