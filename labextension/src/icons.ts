/** Icons of ours; they take the theme's colours by Lab's classes. */
import { LabIcon } from '@jupyterlab/ui-components';

export const pipelineIcon = new LabIcon({
  name: 'jupyter_pipes:pipeline',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">' +
    '<rect x="2" y="9" width="7" height="6" rx="1.5"/><rect x="15" y="3" width="7" height="6" rx="1.5"/>' +
    '<rect x="15" y="15" width="7" height="6" rx="1.5"/>' +
    '<path d="M9 11.2c4 0 2.500-5.600 6-5.600v1.600c-2 0-1 4.800-4.300 4.800 3.300 0 2.300 4.800 4.300 4.800v1.600c-3.500 0-2-5.600-6-5.600z"/>' +
    '</g></svg>'
});
